package brokerapi

import (
	"context"

	"github.com/vingd/vingd-api-go/generated/server"
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// GetProfile serves GET /id/users.
func (h handlers) GetProfile(ctx context.Context, _ server.GetProfileRequestObject) (server.GetProfileResponseObject, error) {
	response, err := h.profile(ctx)
	return server.GetProfile200JSONResponse{ProfileOKJSONResponse: response}, err
}

// GetUserProfile serves GET /id/users/{uid}.
func (h handlers) GetUserProfile(ctx context.Context, r server.GetUserProfileRequestObject) (server.GetUserProfileResponseObject, error) {
	if vingd.UID(r.UID) != caller(ctx) {
		return nil, &broker.Error{Kind: broker.ErrForbidden, Message: ownProfileOnly}
	}
	response, err := h.profile(ctx)
	return server.GetUserProfile200JSONResponse{ProfileOKJSONResponse: response}, err
}

const ownProfileOnly = "only the caller's own profile can be fetched"

func (h handlers) profile(ctx context.Context) (server.ProfileOKJSONResponse, error) {
	p, err := at(ctx).Profile(caller(ctx))
	if err != nil {
		return server.ProfileOKJSONResponse{}, err
	}
	created := writeTime(p.Created)
	data := server.Profile{UID: int64(p.UID), Username: &p.Username, Name: &p.Name, TimestampCreated: &created}
	return server.ProfileOKJSONResponse{Data: data}, nil
}

// CreateUser serves POST /id/users/.
func (h handlers) CreateUser(ctx context.Context, r server.CreateUserRequestObject) (server.CreateUserResponseObject, error) {
	n := broker.NewUser{Primary: orEmpty(r.Body.PrimaryIdentity)}
	if r.Body.Identities != nil {
		n.Identities = *r.Body.Identities
	}
	if r.Body.DelegatePermissions != nil {
		n.Permissions = *r.Body.DelegatePermissions
	}
	huid, err := at(ctx).CreateUser(caller(ctx), n)
	if err != nil {
		return nil, err
	}
	data := server.CreatedUser{HUID: string(huid)}
	return server.CreateUser200JSONResponse{CreatedUserOKJSONResponse: server.CreatedUserOKJSONResponse{Data: data}}, nil
}

// GetBalance serves GET /fort/accounts.
func (h handlers) GetBalance(ctx context.Context, _ server.GetBalanceRequestObject) (server.GetBalanceResponseObject, error) {
	uid := int64(caller(ctx))
	balance, err := at(ctx).Balance(vingd.UID(uid))
	if err != nil {
		return nil, err
	}
	data := server.Account{UID: &uid, Balance: int64(balance)}
	return server.GetBalance200JSONResponse{BalanceOKJSONResponse: server.BalanceOKJSONResponse{Data: data}}, nil
}

// GetUserBalance serves GET /fort/accounts/{huid}.
func (h handlers) GetUserBalance(ctx context.Context, r server.GetUserBalanceRequestObject) (server.GetUserBalanceResponseObject, error) {
	balance, err := at(ctx).UserBalance(caller(ctx), vingd.HUID(r.HUID))
	if err != nil {
		return nil, err
	}
	data := server.Account{Balance: int64(balance)} // without the uid, by which sellers could find the users that they share
	return server.GetUserBalance200JSONResponse{BalanceOKJSONResponse: server.BalanceOKJSONResponse{Data: data}}, nil
}

// RewardUser serves POST /rewards.
func (h handlers) RewardUser(ctx context.Context, r server.RewardUserRequestObject) (server.RewardUserResponseObject, error) {
	id, err := at(ctx).Reward(caller(ctx), vingd.HUID(r.Body.HUIDTo), vingd.Cents(r.Body.Amount), orEmpty(r.Body.Description))
	if err != nil {
		return nil, err
	}
	data := server.Rewarded{TransferID: int64(id)}
	return server.RewardUser200JSONResponse{RewardedOKJSONResponse: server.RewardedOKJSONResponse{Data: data}}, nil
}
